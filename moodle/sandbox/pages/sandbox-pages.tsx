import { readFileSync } from 'node:fs'
import { type Context, Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { languageDetector } from 'hono/language'
import { secureHeaders } from 'hono/secure-headers'
import { z } from 'zod'
import { sandboxControl, visit } from '../control.ts'
import { enterCourse } from '../enrolment.ts'
import { addFault, faultRule, liftFaults } from '../faults.ts'
import type { Site } from '../rest.ts'
import { CoursePage } from './course-page.tsx'
import { HomePage } from './home-page.tsx'
import { Page, withLanguage } from './page.tsx'
import { type Language, voiceIn } from './texts.ts'

/** Everything that the sandbox serves beside the REST protocol: its pages, and what tests ask of it. */
export function sandboxPages(site: Site, token: string): Hono {
  const styles = readFileSync(new URL('sandbox.css', import.meta.url), 'utf8')
  const app = new Hono()
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      strictTransportSecurity: false,
    }),
  )
  app.use(
    languageDetector({
      supportedLanguages: ['en', 'fr'],
      fallbackLanguage: 'en',
      order: ['querystring', 'header'],
      lookupQueryString: 'lang',
      convertDetectedLanguage: (given) => given.slice(0, 2).toLowerCase(),
      caches: false,
    }),
  )
  app.get('/sandbox/sandbox.css', (c) =>
    c.body(styles, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=300' }),
  )
  app.route('/sandbox', sandboxControl(site, token))
  app.get('/favicon.ico', (c) => c.body(null, 204))

  app.get('/', (c) => c.html(home(c, site)))
  app.get('/course/view.php', (c) => {
    const course = site.state.courses.get(Number(c.req.query('id')))
    if (!course) return c.notFound()
    return c.html(document(<CoursePage site={site} course={course} language={languageOf(c)} now={now()} />))
  })
  // Where links into a Moodle may lead besides its courses.
  for (const path of ['/my', '/my/', '/login/index.php', '/course/index.php', '/my/courses.php']) {
    app.get(path, (c) => c.redirect(withLanguage('/', languageOf(c))))
  }

  app.use('/faults/*', csrf())
  app.post('/faults', async (c) => {
    const rule = faultForm.safeParse(await c.req.parseBody())
    if (!rule.success) return c.html(home(c, site, { wrongFault: true }), 422)
    addFault(site.faults, rule.data)
    return c.redirect(withLanguage('/#faults', languageOf(c)), 303)
  })
  app.post('/faults/lift', async (c) => {
    const { id } = await c.req.parseBody()
    if (typeof id === 'string' && /^\d+$/.test(id)) liftFaults(site.faults, Number(id))
    return c.redirect(withLanguage('/#faults', languageOf(c)), 303)
  })

  app.use('/visits', csrf())
  app.post('/visits', async (c) => {
    const given = visit.safeParse(await c.req.parseBody())
    if (!given.success) return c.notFound()
    enterCourse(site.state, given.data.course, given.data.email, now())
    return c.redirect(withLanguage(`/course/view.php?id=${given.data.course}`, languageOf(c)), 303)
  })

  app.notFound((c) => {
    const language = languageOf(c)
    const { t } = voiceIn(language)
    const page = (
      <Page
        language={language}
        title={t.notFound}
        sitename={site.state.sitename}
        release={site.state.release}
        address="/"
      >
        <main class="course-page">
          <h1>{t.notFound}</h1>
          <p>
            <a href={withLanguage('/', language)}>{t.home}</a>
          </p>
        </main>
      </Page>
    )
    return c.html(document(page), 404)
  })
  return app
}

/** A fault as the page's form gives it: fields left empty are left out. */
const faultForm = z
  .record(z.string(), z.string())
  .transform((fields) => {
    const given: Record<string, string | number> = {}
    for (const [name, value] of Object.entries(fields)) {
      if (value !== '') given[name] = name === 'times' || name === 'milliseconds' ? Number(value) : value
    }
    return given
  })
  .pipe(faultRule)

const home = (c: Context, site: Site, { wrongFault = false } = {}) =>
  document(
    <HomePage
      site={site}
      language={languageOf(c)}
      email={c.req.query('email')?.trim() ?? ''}
      now={now()}
      wrongFault={wrongFault}
    />,
  )

const document = (page: unknown) => `<!DOCTYPE html>${page}`

const languageOf = (c: Context): Language => (c.get('language') === 'fr' ? 'fr' : 'en')

const now = () => Math.floor(Date.now() / 1000)
