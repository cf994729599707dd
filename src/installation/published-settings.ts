import { issuerOf } from '#certificates';
import type { Settings } from '#config';
import { DEADLINE_TOLERANCE_SECONDS } from '#trading';

/** Which settings of the service anybody may know, and what they are called there. */
export function publishedSettings(settings: Settings) {
  const { SANDBOX_CERTIFICATE_KEY: key } = settings;
  return {
    order_min_validity_seconds: settings.ORDER_MIN_VALIDITY_HOURS * 3600,
    deadline_tolerance_seconds: DEADLINE_TOLERANCE_SECONDS,
    lock_ttl_seconds: settings.LOCK_TTL_SECONDS,
    lock_max_seconds: settings.LOCK_MAX_SECONDS,
    cancellation_timeout_seconds: settings.CANCELLATION_TIMEOUT_SECONDS,
    cancellation_cooldown_seconds: settings.CANCELLATION_COOLDOWN_SECONDS,
    login_domains: settings.LOGIN_DOMAINS,
    event_retention_days: settings.EVENT_RETENTION_DAYS,
    sandbox: settings.SANDBOX === 'on',
    certificate_public_key: key === undefined ? null : issuerOf(key),
    limits: {
      requests_per_second: settings.RATE_LIMIT_PER_SECOND,
      sockets_per_caller: settings.MAX_SOCKETS_PER_CALLER,
      open_orders_per_maker: settings.MAX_OPEN_ORDERS_PER_MAKER,
      orders_per_minute_per_maker: settings.ORDERS_PER_MINUTE_PER_MAKER,
      locks_per_taker: settings.MAX_LOCKS_PER_TAKER,
    },
  };
}
