import { createContext, useContext } from 'react';
import type { Pace } from '../client/pace.ts';

/** What is to become an image. */
export interface UploadDraft {
  readonly file: File;
  readonly name: string;
  readonly diskFormat: string;
  /** The queued image that waits for this data; else one is made. */
  readonly imageId?: string;
}

export type UploadStage =
  | 'waiting'
  | 'sending'
  | 'interrupted'
  | 'paused'
  | 'storing'
  | 'done'
  | 'failed';

/** A file on its way. */
export interface Upload {
  readonly key: number;
  readonly draft: UploadDraft;
  readonly stage: UploadStage;
  readonly pace: Pace;
  /** Undefined until there is an image. */
  readonly imageId: string | undefined;
  /** By which it can be gone on with; undefined until it is begun. */
  readonly uploadId: string | undefined;
  readonly problem: unknown;
}

export interface UploadsState {
  readonly uploads: readonly Upload[];
  /** Another number whenever there is an image more. */
  readonly version: number;
  readonly start: (drafts: readonly UploadDraft[]) => void;
  /** Stops sending, until it is gone on with. */
  readonly pause: (key: number) => void;
  /** Goes on with it, for the same image. */
  readonly retry: (key: number) => void;
  /** Ends it, and deletes the image that has no data then. */
  readonly cancel: (key: number) => void;
  /** Takes one that is over from the list. */
  readonly dismiss: (key: number) => void;
}

const UploadsContext = createContext<UploadsState | undefined>(undefined);

export const UploadsProvider = UploadsContext.Provider;

export function useUploads(): UploadsState {
  const state = useContext(UploadsContext);
  if (!state) throw new Error('Uploads are shown nowhere.');
  return state;
}
