#!/usr/bin/env node
import { launch } from './launch.mjs'

await launch('cli/boutique.ts', process.argv.slice(2))
