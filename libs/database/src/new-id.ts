import { v7 } from 'uuid';

/**
 * A row's id: a UUID that begins with the time (version 7, RFC 9562), so that rows that are made and changed together lie
 * together in the indexes of their ids. Random ones lie anywhere, and among millions of rows each is read from the disk.
 */
export const newId = (): string => v7();
