/**
 * The tokens of those who have ordered tasks that ask other services in their name: nobody gets by a task what he would not get
 * himself. They are kept in memory alone, for as long as their task.
 */
export interface TaskTokens {
  /** Keeps the token of whoever has ordered a task. */
  hold(taskId: string, token: string): void;
  /** Undefined once the process has ended that took the order. */
  of(taskId: string): string | undefined;
  /** To be called when the task is over. */
  release(taskId: string): void;
}

export function taskTokens(): TaskTokens {
  const tokens = new Map<string, string>();
  return {
    hold: (taskId, token) => void tokens.set(taskId, token),
    of: (taskId) => tokens.get(taskId),
    release: (taskId) => void tokens.delete(taskId),
  };
}
