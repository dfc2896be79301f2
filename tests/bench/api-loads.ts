import { clusterObject, connections, nameOf, versionsOf } from './api-objects.ts';
import type { ApiSide } from './api-sides.ts';
import { runLoad } from './wrk.ts';

/** How many clusters are read and written in turn. */
export const spread = 1_000;
/** A list of 10,000 clusters takes seconds where many ask for it at once. */
const longListConnections = 4;
/** The slower side answers a few lists a second, and a few long ones in many. */
const [minListSeconds, minLongListSeconds] = [10, 20];

/** Requests a second: one cluster after the other. */
export const getsPerSecond = async (side: ApiSide, seconds: number): Promise<number> => {
  const script = `
local i = 0
request = function()
  i = (i + 1) % ${spread}
  return wrk.format("GET", string.format("%s/bench-%05d", wrk.path, i))
end`;
  return (await runLoad({ ...load(side, seconds), script })).requestsPerSecond;
};

/** Whole lists a second. */
export const listsPerSecond = async (side: ApiSide, seconds: number): Promise<number> =>
  (await runLoad(load(side, Math.max(seconds, minListSeconds)))).requestsPerSecond;

export const longListsPerSecond = async (side: ApiSide, seconds: number): Promise<number> =>
  (await runLoad({ ...load(side, Math.max(seconds, minLongListSeconds)), connections: longListConnections }))
    .requestsPerSecond;

/** New clusters a second. `round` keeps their names apart. */
export async function createsPerSecond(side: ApiSide, seconds: number, round: number): Promise<number> {
  const script = `
local i = 0
local body = [==[${JSON.stringify(clusterObject('@NAME@', 'new'))}]==]
wrk.headers["Content-Type"] = "application/json"
request = function()
  i = i + 1
  local named = string.gsub(body, "@NAME@", string.format("made-${round}-%07d", i))
  return wrk.format("POST", nil, nil, named)
end`;
  return (await runLoad({ ...load(side, seconds), script })).requestsPerSecond;
}

/** Replaced clusters a second: each PUT names the resourceVersion that the last answer about its cluster gave. */
export async function updatesPerSecond(side: ApiSide, seconds: number, round: number): Promise<number> {
  const versions = await versionsOf(side, spread);
  const body = JSON.stringify(clusterObject('@NAME@', `@NOTE@`)).replace(
    '"metadata":{',
    '"metadata":{"resourceVersion":"@VERSION@",',
  );
  const script = `
local i, n = 0, 0
local versions = { ${versions.map((version, index) => `["${nameOf(index)}"]="${version}"`).join(',')} }
local body = [==[${body}]==]
wrk.headers["Content-Type"] = "application/json"
request = function()
  i = (i + 1) % ${spread}
  n = n + 1
  local name = string.format("bench-%05d", i)
  local values = { NAME = name, VERSION = versions[name], NOTE = "${round}-" .. n }
  return wrk.format("PUT", wrk.path .. "/" .. name, nil, (string.gsub(body, "@(%u+)@", values)))
end
response = function(status, headers, answer)
  local name = string.match(answer, '"name":"(bench%-%d+)"')
  local version = string.match(answer, '"resourceVersion":"(%d+)"')
  if name and version then versions[name] = version end
end`;
  return (await runLoad({ ...load(side, seconds), script })).requestsPerSecond;
}

const load = ({ url, token }: ApiSide, seconds: number) => ({ url, token, connections, seconds });
