import pino, { type DestinationStream, type Logger } from 'pino'

const hidden = '[hidden]'
const secretKey = String.raw`[\w-]*(?:password|passwd|token|secret|authorization|cookie)[\w-]*`
// A JSON text, or a list of texts. \1 is the backslashes before its quotes: JSON may stand within a JSON text.
const text = String.raw`\1"(?:(?!\1")(?:\\.|[^\\]))*\1"`
const list = String.raw`\[[^\]]*\]`
const number = String.raw`-?\d+`

/** What is hidden wherever it stands in a line: in a value, a message, the stack of an error. */
const secrets: [RegExp, string][] = [
  [
    new RegExp(String.raw`(\\*)"(${secretKey})\1"\s*:\s*(?:${text}|${list}|${number})`, 'gi'),
    `$1"$2$1":$1"${hidden}$1"`,
  ],
  // Of an address's query or a cookie: wstoken=…
  [new RegExp(String.raw`\b(${secretKey})=(?!\[hidden)[^&\s"'\\;]+`, 'gi'), `$1=${hidden}`],
  [/\b(bearer)\s+[\w.~+/=-]+/gi, `$1 ${hidden}`],
  // The password of an address: postgresql://user:password@host
  [/(\b[a-z][a-z0-9+]*:\/\/[^\s/:@"]*):[^\s/@"]+@/gi, `$1:${hidden}@`],
]

/**
 * The log: one JSON line an event, without any password, token or secret. A production's lines come from a child:
 * `log.child({ order, unit, attempt })`. To standard error by default, since standard output talks to people.
 */
export function createLog(
  level: string,
  destination: DestinationStream = pino.destination({ fd: 2, sync: true }),
): Logger {
  return pino(
    {
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
      hooks: { streamWrite: hideSecrets },
    },
    destination,
  )
}

/** Without the connection that pg hangs on its errors: a page of its insides. */
function describeError(error: unknown) {
  if (!(error instanceof Error)) return error
  const { client: _, ...described } = pino.stdSerializers.err(error)
  return described
}

function hideSecrets(line: string): string {
  return secrets.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line)
}
