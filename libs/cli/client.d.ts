// What "#client" is to the compiler: the package is published with the client inside, so that the two always fit.
export * from '../client/src/index.js';
