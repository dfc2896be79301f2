export { type JoinOptions, type Simulation, type SimulationOptions, startSimulation } from './simulation.ts';
export { simulatedVersion } from './version.ts';
