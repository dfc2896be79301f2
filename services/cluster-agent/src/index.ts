export { type ClusterAgent, type ClusterAgentOptions, startClusterAgent } from './app.ts';
export type { ProxySettings } from './domain/proxy-choice.ts';
export { type OpenAgent, type OpenAgentOptions, openAgent } from './install/open-agent.ts';
