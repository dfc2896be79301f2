export { loadConfig } from './load-config.ts';
export {
  durationMs,
  type HostPort,
  hostPort,
  hostPortText,
  integer,
  oneOf,
  optional,
  parseHostPort,
  text,
  textList,
  url,
} from './settings.ts';
