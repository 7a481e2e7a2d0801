import { faultKinds } from '../faults.ts'
import { functionsOf } from '../functions.ts'
import type { Site } from '../rest.ts'
import { type Language, voiceIn } from './texts.ts'

/** The faults in force, each with a button that lifts it, and the form that sets another. */
export function Faults({ site, language, wrong }: { site: Site; language: Language; wrong: boolean }) {
  const { t } = voiceIn(language)
  return (
    <section class="panel" id="faults">
      <h2>{t.faults}</h2>
      {site.faults.length === 0 ? (
        <p class="empty">{t.faultsNone}</p>
      ) : (
        <ul class="faults">
          {site.faults.map((fault) => (
            <li>
              <span>
                <strong>{t.faultNames[fault.fault]}</strong>
                <span class="hint">
                  {[
                    fault.function ?? t.everyFunction,
                    fault.match && `“${fault.match}”`,
                    fault.milliseconds !== undefined && `${fault.milliseconds} ms`,
                    t.faultHits(fault.hits, fault.times),
                  ]
                    .filter(Boolean)
                    .join(' · ')}
                </span>
              </span>
              <form method="post" action={`/faults/lift?lang=${language}`}>
                <input type="hidden" name="id" value={String(fault.id)} />
                <button
                  type="submit"
                  class="quiet"
                  aria-label={`${t.faultLift}: ${t.faultNames[fault.fault]}`}
                >
                  {t.faultLift}
                </button>
              </form>
            </li>
          ))}
        </ul>
      )}
      <form class="fault-form" method="post" action={`/faults?lang=${language}`}>
        {wrong && (
          <p class="wrong" role="alert">
            {t.faultWrong}
          </p>
        )}
        <label class="wide">
          {t.faultKind}
          <select name="fault">
            {faultKinds.map((kind) => (
              <option value={kind}>{t.faultNames[kind]}</option>
            ))}
          </select>
        </label>
        <label class="wide">
          {t.faultFunction}
          <select name="function">
            <option value="">{t.everyFunction}</option>
            {Object.keys(functionsOf(site.state.release)).map((name) => (
              <option value={name}>{name}</option>
            ))}
          </select>
        </label>
        <label class="wide">
          {t.faultMatch}
          <input name="match" type="text" placeholder={t.faultMatchHint} autocomplete="off" />
        </label>
        <label>
          {t.faultTimes}
          <input name="times" type="number" min="1" step="1" inputmode="numeric" />
        </label>
        <label>
          {t.faultMilliseconds}
          <input name="milliseconds" type="number" min="0" max="600000" step="1" inputmode="numeric" />
        </label>
        <p class="hint">{t.faultHint}</p>
        <button type="submit">{t.faultAdd}</button>
      </form>
    </section>
  )
}
