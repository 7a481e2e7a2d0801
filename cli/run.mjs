// node cli/run.mjs <file.ts> [arguments]: runs a file of the shop as the package's scripts do.
import { launch } from './launch.mjs'

const [entry, ...args] = process.argv.slice(2)
await launch(entry, args)
