import { execFileSync, spawnSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

/** What the files under deploy/ become: the overlay through kubectl's Kustomize, the chart through Helm. No cluster is asked. */
export interface Probe {
  httpGet: { path: string; port: string };
}
export interface Container {
  name: string;
  image: string;
  command?: string[];
  ports?: { name: string; containerPort: number }[];
  env?: { name: string; value?: string }[];
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[];
  volumeMounts?: { name: string; mountPath: string }[];
  startupProbe: Probe;
  livenessProbe: Probe;
  readinessProbe?: Probe;
  lifecycle?: { preStop: { exec: { command: string[] } } };
  resources: { requests: object; limits: object };
  securityContext: object;
}
export interface PodSpec {
  containers: [Container];
  volumes?: { name: string; configMap?: { name: string }; persistentVolumeClaim?: { claimName: string } }[];
  terminationGracePeriodSeconds: number;
  securityContext: object;
}
export interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  // oxlint-disable-next-line typescript/no-explicit-any -- each kind has its own
  spec: any;
  data?: Record<string, string>;
}

const runs = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;
/** In CI they must be there, see .ci/run. */
export const hasKubernetesTools =
  process.env.CI === 'true' || (runs('helm', 'version') && runs('kubectl', 'kustomize', '--help'));

const OUTPUT_LIMIT = 16 * 1024 * 1024;
function render(program: string, args: string[]): Manifest[] {
  const output = execFileSync(program, args, { maxBuffer: OUTPUT_LIMIT, stdio: ['ignore', 'pipe', 'pipe'] });
  return parseAllDocuments(output.toString()).map((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    return document.toJS() as Manifest;
  });
}

export const kustomized = (folder: string): Manifest[] => render('kubectl', ['kustomize', folder]);

const CHART = 'deploy/helm';
export const charted = (...args: string[]): Manifest[] =>
  render('helm', ['template', 'lockstep', CHART, '--namespace', 'lockstep', ...args]);

export const lintChart = (...args: string[]): string =>
  execFileSync('helm', ['lint', '--strict', CHART, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  }).toString();

/** The template of the pods that a Deployment, a Job or a CronJob makes. */
export const podTemplate = ({ kind, spec }: Manifest): { metadata: { labels: object }; spec: PodSpec } =>
  (kind === 'CronJob' ? spec.jobTemplate.spec : spec).template;
