import { isHere } from './tools.js';

/** Debian's, which has the packages of Debian. */
export const PYTHON = '/usr/bin/python3';
/** Where the Python client is, for programs that import it. */
export const PYTHON_CLIENT = 'clients/python';

/** Whether there is Python with its package websockets. In CI it must be there. */
export const hasPython = (whatIsSkipped: string): boolean =>
  isHere(whatIsSkipped, [PYTHON, '-c', 'import websockets'], 'python3-websockets');
