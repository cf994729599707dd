/** May stand among the types that a client asks for: heartbeats come in any case. */
export const HEARTBEAT = 'heartbeat';

export const SOCKET_PATHS = { taker: '/ws/taker/v1', maker: '/ws/maker/v1' } as const;
