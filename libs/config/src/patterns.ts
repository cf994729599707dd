/** What settings, calls and arguments take in the same form. Both cases of hex digits are spelt out: documents carry no flags. */
export const ADDRESS_PATTERN = '^0x[0-9a-fA-F]{40}$';
/** 1 to 32 printable ASCII characters, without a space at either end. */
export const TICKER_PATTERN = '^[!-~]([ -~]{0,30}[!-~])?$';
