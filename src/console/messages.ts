import { createContext, useContext } from 'react';

/** Something that was done, told in passing. */
export interface Message {
  readonly text: string;
  /** Takes it back, where that can be. */
  readonly undo?: () => Promise<void>;
}

export type Tell = (message: Message) => void;

const MessagesContext = createContext<Tell>(() => undefined);

export const MessagesProvider = MessagesContext.Provider;

/** How to tell the reader that something was done. */
export function useTell(): Tell {
  return useContext(MessagesContext);
}
