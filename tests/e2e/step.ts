import type { RunResult } from '@drover/testing';

/** With what, as whom and where a step is done. */
export interface StepContext {
  readonly kubectl: string;
  readonly kubeconfig: string;
  /** The address in the kubeconfig: masked in the output. */
  readonly server: string;
  readonly namespace: string;
  /** For kubectl's discovery cache, so that no run learns from another. */
  readonly home: string;
}

/** One thing that people do with kubectl. What it prints and its exit code are the same through the hub. */
export interface Step {
  readonly name: string;
  /** Its exit code straight at the cluster: two equal failures are no success. */
  readonly code: number;
  run(context: StepContext): Promise<RunResult>;
}

/** The environment and the flags of every kubectl that tests run. */
export const kubectlEnv = ({ kubeconfig, home }: Pick<StepContext, 'kubeconfig' | 'home'>): Record<string, string> => ({
  KUBECONFIG: kubeconfig,
  HOME: home,
});
