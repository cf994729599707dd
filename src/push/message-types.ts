/** May stand among the types that a client asks for: heartbeats come in any case. */
export const HEARTBEAT = 'heartbeat';
