// Every URL of the shop, once. A leaf is called with what its address needs and gives the path; its `pattern` is what
// the router matches: routes.entry('EXCEL-1') is /entries/EXCEL-1, routes.entry.pattern is /entries/:code.

/** One value for each `:name` of a pattern. */
type Values<Pattern extends string> = Pattern extends `${string}:${infer Rest}`
  ? [value: string | number, ...Values<Rest>]
  : []

/** A path builder that knows its pattern. */
export type Route<Pattern extends string = string> = {
  (...values: Values<Pattern>): string
  readonly pattern: Pattern
}

function route<const Pattern extends string>(pattern: Pattern): Route<Pattern> {
  const parts = pattern.split(/:[a-zA-Z]+/)
  const build = (...values: Values<Pattern>) =>
    parts.reduce((path, part, index) => `${path}${encodeURIComponent(String(values[index - 1]))}${part}`)
  return Object.assign(build, { pattern })
}

export const routes = {
  catalog: route('/'),
  entry: route('/entries/:code'),
  checkAnswer: route('/entries/:code/check'),
  cover: route('/covers/:code'),
  cart: {
    show: route('/cart'),
    add: route('/cart/add'),
    /** Keeps what is typed, without checking it; the script calls it while the customer types. */
    draft: route('/cart/draft'),
  },
  checkout: route('/checkout'),
  order: {
    show: route('/orders/:number/:token'),
    /** Server-sent events: fragments of the tracking page as units move. */
    events: route('/orders/:number/:token/events'),
    pay: route('/orders/:number/:token/pay'),
    cancel: route('/orders/:number/:token/cancel'),
  },
  account: {
    show: route('/account'),
    orders: route('/account/orders'),
    signIn: route('/account/sign-in'),
    /** What is mailed: opening it changes nothing, its button signs in. */
    link: route('/account/sign-in/:key'),
    signOut: route('/account/sign-out'),
    product: route('/account/products/:reference'),
    act: route('/account/products/:reference/actions/:action'),
    credits: route('/account/credits'),
    pack: route('/account/packs/:unit'),
    giveSeat: route('/account/packs/:unit/give'),
    /** A list of learners: checked, confirmed, then given seats. */
    giveSeats: route('/account/packs/:unit/list'),
    batch: route('/account/batches/:id'),
  },
  legal: { terms: route('/terms'), privacy: route('/privacy'), notice: route('/legal') },

  payments: { notifications: route('/payments/:means/notifications') },

  office: {
    home: route('/office'),
    signIn: route('/office/sign-in'),
    signOut: route('/office/sign-out'),
    entries: {
      index: route('/office/entries'),
      new: route('/office/entries/new'),
      show: route('/office/entries/:code'),
      preview: route('/office/entries/:code/preview'),
      /** What a sale of the entry in the form would do; `new` stands for one that has no code yet. */
      dryRun: route('/office/entries/:code/dry-run'),
    },
    orders: {
      index: route('/office/orders'),
      show: route('/office/orders/:number'),
      cancel: route('/office/orders/:number/cancel'),
      trust: route('/office/orders/:number/trust'),
      pay: route('/office/orders/:number/payments'),
      revoke: route('/office/orders/:number/units/:unit/revoke'),
    },
    payments: {
      index: route('/office/payments'),
      setAside: route('/office/payments/set-aside'),
      giveBacks: route('/office/payments/give-backs'),
      giveBack: route('/office/payments/give-backs/:id'),
      notifications: route('/office/payments/notifications'),
      /** Everybody's, or of one customer, `?email=`. */
      credits: route('/office/payments/credits'),
      correctCredits: route('/office/payments/credits/correct'),
    },
    productions: {
      index: route('/office/productions'),
      /** Runs again what waits for the site, or what needs an operator. */
      retryAll: route('/office/productions/retry'),
      show: route('/office/productions/:id'),
      retry: route('/office/productions/:id/retry'),
      skip: route('/office/productions/:id/skip'),
      cancel: route('/office/productions/:id/cancel'),
    },
    products: {
      index: route('/office/products'),
      show: route('/office/products/:reference'),
      act: route('/office/products/:reference/actions/:action'),
      refund: route('/office/products/:reference/refund'),
      csv: route('/office/products.csv'),
    },
    /** An action on many products at once. */
    batches: {
      new: route('/office/products/batches/new'),
      start: route('/office/products/batches'),
      show: route('/office/products/batches/:id'),
    },
    packs: {
      show: route('/office/packs/:unit'),
      give: route('/office/packs/:unit/give'),
      /** A list of learners: checked, confirmed, then given seats. */
      list: route('/office/packs/:unit/list'),
    },
    reconciliations: {
      show: route('/office/reconciliations'),
      repair: route('/office/reconciliations/repair'),
    },
    handlers: route('/office/handlers'),
    site: route('/office/site'),
    mails: {
      index: route('/office/mails'),
      show: route('/office/mails/:id'),
      resend: route('/office/mails/:id/resend'),
    },
    account: {
      show: route('/office/account'),
      password: route('/office/account/password'),
      tokens: route('/office/account/tokens'),
      revokeToken: route('/office/account/tokens/:id/revoke'),
    },
    operators: { index: route('/office/operators'), change: route('/office/operators/:id') },
  },

  /** The API's document names its own paths; these are what others link to. */
  api: { reference: route('/api'), root: route('/api/v1'), document: route('/api/openapi.json') },

  assets: route('/assets/:file'),
  health: route('/healthz'),
  ready: route('/readyz'),
}
