import { clusterObject, connections, nameOf, versionsOf } from './api-objects.ts';
import type { ApiSide } from './api-sides.ts';
import { type LoadResult, runLoad } from './wrk.ts';

/** How many clusters are read and written in turn. */
export const spread = 1_000;
/** A list of 10,000 clusters takes seconds where many ask for it at once. */
const longListConnections = 4;
/** The slower side answers a few lists a second, and a few long ones in many. */
const [minListSeconds, minLongListSeconds] = [20, 40];

/** Reads one cluster after the other. */
export const loadGets = (side: ApiSide, seconds: number): Promise<LoadResult> => {
  const script = `
local i = 0
request = function()
  i = (i + 1) % ${spread}
  return wrk.format("GET", string.format("%s/bench-%05d", wrk.path, i))
end`;
  return runLoad({ ...load(side, seconds), script });
};

/** Reads whole lists. */
export const loadLists = (side: ApiSide, seconds: number): Promise<LoadResult> =>
  runLoad(load(side, Math.max(seconds, minListSeconds)));

export const loadLongLists = (side: ApiSide, seconds: number): Promise<LoadResult> =>
  runLoad({ ...load(side, Math.max(seconds, minLongListSeconds)), connections: longListConnections });

/** Makes clusters. `round` keeps their names apart. */
export function loadCreates(side: ApiSide, seconds: number, round: number): Promise<LoadResult> {
  const script = `
local i = 0
local body = [==[${JSON.stringify(clusterObject('@NAME@', 'new'))}]==]
wrk.headers["Content-Type"] = "application/json"
request = function()
  i = i + 1
  local named = string.gsub(body, "@NAME@", string.format("made-${round}-%07d", i))
  return wrk.format("POST", nil, nil, named)
end`;
  return runLoad({ ...load(side, seconds), script });
}

/** Replaces clusters: each PUT names the resourceVersion that the last answer about its cluster gave. */
export async function loadUpdates(side: ApiSide, seconds: number, round: number): Promise<LoadResult> {
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
  return runLoad({ ...load(side, seconds), script });
}

const load = ({ url, token }: ApiSide, seconds: number) => ({ url, token, connections, seconds });
