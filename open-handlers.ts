import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { handlerSources } from './production/handler-sources.ts'
import { scanHandlers } from './production/registry.ts'
import { type HandlerNews, type LiveRegistry, watchHandlers } from './production/watch-handlers.ts'

const news: Record<HandlerNews['news'], string> = {
  added: 'a new handler was picked up',
  changed: 'a changed handler was picked up',
  removed: 'a handler is gone',
  broken: 'a handler can’t be used',
  'not watched': 'changes in this folder of handlers are picked up at the next start only',
}

/** The handlers that the settings name, watched unless WATCH_HANDLERS is off. Faults and changes are logged. */
export async function openHandlers(config: Config, log: Logger): Promise<LiveRegistry> {
  const sources = handlerSources(config)
  const logNews = (one: HandlerNews) => {
    if (one.reason) log.error(one, news[one.news])
    else log.info(one, news[one.news])
  }
  const handlers = config.WATCH_HANDLERS
    ? await watchHandlers(sources, logNews)
    : fixed(await scanHandlers(sources))
  for (const fault of handlers.current().faults) log.error(fault, news.broken)
  return handlers
}

const fixed = (registry: ReturnType<LiveRegistry['current']>): LiveRegistry => ({
  current: () => registry,
  close: async () => {},
})
