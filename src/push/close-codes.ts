/** With what a socket is closed, and what the client does then; docs/push.md tells more. */
export const CLOSE_CODES = [
  { code: 1001, when: 'The service stops.', todo: 'Connect again, after the last id.' },
  { code: 1002, when: 'A frame breaks the protocol.', todo: 'Mend the client.' },
  { code: 1003, when: 'A binary frame came.', todo: 'Mend the client: there is nothing to send.' },
  { code: 1007, when: 'Text came that is not UTF-8.', todo: 'Mend the client: there is nothing to send.' },
  {
    code: 1008,
    when: 'The key was revoked, the key or token has expired, or the wallet was logged out.',
    todo: 'Get another key or token before connecting again.',
  },
  { code: 1009, when: 'A frame of over 4 KiB came.', todo: 'Mend the client: there is nothing to send.' },
  {
    code: 1012,
    when: 'The database went back in time, or the taker was suspended or resumed.',
    todo: 'Connect again, after the last id.',
  },
  { code: 1013, when: 'The reader is more than 1 MiB behind.', todo: 'Connect again, after the last id.' },
] as const;
