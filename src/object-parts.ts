import { rootCertificates } from 'node:tls';
import { projectPlace } from './config/imports.ts';
import type { Config } from './config.ts';
import { type TaskObjects, type TaskObjectsOptions, taskObjects } from './service/task-objects.ts';

/** What callers have in the operator's object store; undefined where tasks are not to reach it. */
export function objectsOf(
  { taskObjectStoreUrl: template, webCafile }: Config,
  parts: Pick<TaskObjectsOptions, 'hashers' | 'tokens'>,
): TaskObjects | undefined {
  if (template === '') return undefined;
  const ca = webCafile === undefined ? undefined : [...rootCertificates, webCafile].join('\n');
  const urlOf = (projectId: string) =>
    template.replace(projectPlace, encodeURIComponent(projectId));
  return taskObjects({ ...parts, ca, urlOf });
}
