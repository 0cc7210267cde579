import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { adviceOn } from './advice.ts';
import { type Message, MessagesProvider } from './messages.ts';

/** How long a message stays, ms: long enough to read it and to think better of it. */
const stay = 10_000;

/** Shows what was done, one message at a time, and offers to take it back. */
export function Messages({ children }: { readonly children: ReactNode }): ReactNode {
  const [message, setMessage] = useState<Message>();
  const [isHeld, setHeld] = useState(false);
  const tell = useCallback((next: Message) => setMessage(next), []);

  useEffect(() => {
    if (!message || isHeld) return undefined;
    const timer = setTimeout(() => setMessage(undefined), stay);
    return () => clearTimeout(timer);
  }, [message, isHeld]);

  return (
    <MessagesProvider value={tell}>
      {children}
      <div
        className="messages"
        role="status"
        onPointerEnter={() => setHeld(true)}
        onPointerLeave={() => setHeld(false)}
      >
        {message && <Shown message={message} tell={tell} onClose={() => setMessage(undefined)} />}
      </div>
    </MessagesProvider>
  );
}

interface ShownProps {
  readonly message: Message;
  readonly tell: (message: Message) => void;
  readonly onClose: () => void;
}

function Shown({ message, tell, onClose }: ShownProps): ReactNode {
  const { text, undo } = message;
  const isUndoing = useRef(false);
  const takeBack = async () => {
    if (!undo || isUndoing.current) return;
    isUndoing.current = true;
    try {
      await undo();
      onClose();
    } catch (error) {
      const { problem, next } = adviceOn(error);
      tell({ text: `${problem} ${next}` });
    } finally {
      isUndoing.current = false;
    }
  };
  return (
    <div className="message">
      <span>{text}</span>
      {undo && (
        <button type="button" className="quiet" onClick={() => void takeBack()}>
          Undo
        </button>
      )}
      <button type="button" className="quiet icon" aria-label="Close" onClick={onClose}>
        ×
      </button>
    </div>
  );
}
