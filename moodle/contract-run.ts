import { contract } from './contract.ts'

const { MOODLE_URL: url, MOODLE_TOKEN: token } = process.env

if (url && token) {
  contract({
    name: url,
    start: async () => ({ url: url.replace(/\/+$/, ''), token, close: async () => {} }),
    left: (what) => console.error(`Left on ${url}, for you to take away: ${what}`),
  })
} else {
  console.error(
    `Holds a real Moodle to what the shop relies on. Set ${url ? '' : 'MOODLE_URL'}${url || token ? '' : ' and '}${token ? '' : 'MOODLE_TOKEN'}, of a site for trials:
courses, people and a cohort are made there and taken away again.`,
  )
  process.exitCode = 1
}
