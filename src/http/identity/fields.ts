import { Type } from 'typebox';

/** A name or an id: some text, not only white space. */
export const Name = Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' });

/** Free text. */
export const Note = Type.String({ maxLength: 4096 });

/** A password or another secret to be set. */
export const NewSecret = Type.String({ minLength: 1, maxLength: 4096 });
