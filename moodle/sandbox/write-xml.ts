/** Moodle's XML, which it answers unless JSON is asked for: the shape of `external_api` values and errors. */
export function writeXml(result: unknown): string {
  const declaration = '<?xml version="1.0" encoding="UTF-8" ?>\n'
  if (typeof result === 'object' && result !== null && 'exception' in result && 'errorcode' in result) {
    const { exception, errorcode, message } = result as Record<string, unknown> // both keys are there
    return `${declaration}<EXCEPTION class="${escaped(exception)}">
<ERRORCODE>${escaped(errorcode)}</ERRORCODE>
<MESSAGE>${escaped(message)}</MESSAGE>
</EXCEPTION>
`
  }
  return `${declaration}<RESPONSE>\n${value(result)}</RESPONSE>\n`
}

function value(given: unknown): string {
  if (given === null || given === undefined) return '<VALUE null="null"/>\n'
  if (Array.isArray(given)) return `<MULTIPLE>\n${given.map(value).join('')}</MULTIPLE>\n`
  if (typeof given === 'object') {
    const keys = Object.entries(given).map(
      ([key, held]) => `<KEY name="${escaped(key)}">${value(held)}</KEY>\n`,
    )
    return `<SINGLE>\n${keys.join('')}</SINGLE>\n`
  }
  return `<VALUE>${escaped(typeof given === 'boolean' ? Number(given) : given)}</VALUE>\n`
}

const escaped = (given: unknown) =>
  String(given)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
