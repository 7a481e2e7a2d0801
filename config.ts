import { z } from 'zod'

const port = z.coerce
  .number('a port from 0 to 65535')
  .int('a whole number')
  .min(0, 'a port from 0 to 65535')
  .max(65535, 'a port from 0 to 65535')
const flag = z.stringbool({ truthy: ['1', 'true', 'yes', 'on'], falsy: ['0', 'false', 'no', 'off', ''] })

const environment = z.object({
  /** Where the shop listens. The sandbox, when it runs inside, takes the next port. */
  PORT: port.default(4870),
  HOST: z.string().default('0.0.0.0'),
  /** The embedded database, the secret key and the sandbox's journal live here. */
  DATA_DIR: z.string().default('data'),
  /** Unset: an embedded PostgreSQL runs in DATA_DIR. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** The address that customers and payment providers use. */
  PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** Unset: a sandbox that speaks Moodle's protocol runs inside. */
  MOODLE_URL: z.url({ protocol: /^https?$/ }).optional(),
  MOODLE_TOKEN: z.string().min(1).optional(),
  /** Folders of handlers outside this repository, separated as in PATH. */
  HANDLERS_PATH: z.string().default(''),
  /** npm packages, installed beside the shop, whose handlers are used: names, separated by commas. */
  HANDLERS_PACKAGES: z.string().default(''),
  /** Picks handlers up that are new, changed or gone, without a restart. */
  WATCH_HANDLERS: flag.default(true),
  /** Which halves of the shop this process runs. */
  ROLE: z.enum(['web', 'worker', 'all'], 'web, worker or all').default('all'),
  /** Offers the test card as a means of payment. On by default only while the sandbox stands in for Moodle. */
  TEST_MODE: flag.optional(),
  /** Signs links and notifications. Unset: made once and kept in DATA_DIR. */
  SECRET_KEY: z.string().min(32).optional(),
  /** smtp://user:password@host:port. Unset: mails are kept in the office and not sent. */
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  MAIL_FROM: z.email().default('shop@boutique.example'),
  /** The training organisation's name, and where transfers go. */
  SHOP_NAME: z.string().default('Atelier Formation'),
  CURRENCY: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capitals of ISO 4217, such as EUR')
    .default('EUR'),
  TRANSFER_ACCOUNT_HOLDER: z.string().default('Atelier Formation'),
  TRANSFER_IBAN: z.string().default('FR76 3000 6000 0112 3456 7890 189'),
  TRANSFER_BIC: z.string().default('AGRIFRPP'),
  /** Days that a deferred payment may take before the order expires. */
  PAYMENT_DAYS: z.coerce.number().int().min(1).max(365).default(30),
  /** How often a minute one API token, or one address without a token, may call the API. */
  API_REQUESTS_PER_MINUTE: z.coerce.number().int().min(1).default(1200),
  /** How many proxies of yours stand before the shop: rate limits then see the customer's own address. */
  TRUSTED_PROXIES: z.coerce.number('a whole number').int().min(0).max(9).default(0),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
})

export type Config = Omit<z.output<typeof environment>, 'PUBLIC_URL' | 'TEST_MODE'> & {
  PUBLIC_URL: string
  TEST_MODE: boolean
  /** True when the sandbox stands in for a real Moodle. */
  sandboxed: boolean
}

/**
 * Reads and checks the settings once, at start. An empty variable counts as unset.
 * Returns every fault at once, each naming its variable, what is wrong and what to do.
 */
export function readConfig(
  env: Record<string, string | undefined>,
): { ok: true; config: Config } | { ok: false; errors: string[] } {
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const read = environment.safeParse(given)
  if (!read.success) {
    return {
      ok: false,
      errors: read.error.issues.map(
        (issue) => `${issue.path.join('.')}: ${issue.message}. See docs/operating.md.`,
      ),
    }
  }
  const settings = read.data
  if (Boolean(settings.MOODLE_URL) !== Boolean(settings.MOODLE_TOKEN)) {
    const missing = settings.MOODLE_URL ? 'MOODLE_TOKEN' : 'MOODLE_URL'
    return {
      ok: false,
      errors: [`${missing}: set it too, or unset both to use the sandbox. See docs/operating.md.`],
    }
  }
  const sandboxed = !settings.MOODLE_URL
  return {
    ok: true,
    config: {
      ...settings,
      sandboxed,
      TEST_MODE: settings.TEST_MODE ?? sandboxed,
      PUBLIC_URL: (settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`).replace(/\/$/, ''),
    },
  }
}
