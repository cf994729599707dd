// What "#certificates" is to the compiler: as with the client, the package is published with it inside.
export * from '../certificates/src/index.js';
