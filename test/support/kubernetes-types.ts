import { join } from 'node:path';
import ts from 'typescript';
import type { Manifest } from './kubernetes.js';

/** Where the types of each API stand that our manifests are of. */
const MODULES: Record<string, string> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'batch/v1': 'kubernetes-models/batch/v1',
  'policy/v1': 'kubernetes-models/policy/v1',
  'gateway.networking.k8s.io/v1': '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1',
  'monitoring.coreos.com/v1': '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1',
};

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
};

/**
 * What is wrong with manifests by the types that are generated from the schemas of Kubernetes, the Gateway API and the
 * Prometheus Operator. The compiler finds in a literal what a JSON schema would let pass, too: a key that nobody knows.
 */
export function misfitsOf(manifests: Manifest[]): string[] {
  const file = join(process.cwd(), 'manifests.ts');
  const text = manifests.map(typed).join('\n');
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === file || fileExists(path);
  host.getSourceFile = (path, ...others) =>
    path === file ? ts.createSourceFile(path, text, ts.ScriptTarget.ES2022) : getSourceFile(path, ...others);
  const program = ts.createProgram([file], OPTIONS, host);
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

function typed(manifest: Manifest): string {
  const module = MODULES[manifest.apiVersion] ?? `an apiVersion without types: ${manifest.apiVersion}`;
  return `(${JSON.stringify(manifest)}) satisfies import(${JSON.stringify(module)}).I${manifest.kind};`;
}
