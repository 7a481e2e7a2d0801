import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { FormElement } from '../sdk/form-element.ts'

/** Seals the secrets among an entry's parameters: what the database keeps can't be read without the shop's key. */
export type Seal = { close(plain: string): string; open(sealed: string): string }

const mark = 'sealed:1:'
type Values = Record<string, unknown>

/** AES-256-GCM under a key of its own, derived from the shop's secret (`SECRET_KEY`). */
export function sealWith(secret: string): Seal {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'boutique parameters', 32))
  return {
    close(plain) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce)
      const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return mark + sealed.toString('base64url')
    },
    open(value) {
      const sealed = Buffer.from(value.slice(mark.length), 'base64url')
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12))
      decipher.setAuthTag(sealed.subarray(-16))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8')
      } catch (error) {
        const why = 'a secret parameter can’t be read with this SECRET_KEY: enter it again on its entry'
        throw new Error(why, { cause: error })
      }
    },
  }
}

const isSealed = (value: unknown): value is string => typeof value === 'string' && value.startsWith(mark)

/** A form's answers with its secrets sealed, as the database keeps them. */
export function closeSecrets(seal: Seal, elements: FormElement[], values: Values): Values {
  const secrets = new Set(
    elements.filter((element) => element.type === 'secret').map((element) => element.name),
  )
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      const plain = secrets.has(name) && typeof value === 'string' && !isSealed(value)
      return [name, plain ? seal.close(value) : value]
    }),
  )
}

/** The answers as their handler reads them. */
export function openSecrets(seal: Seal, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, isSealed(value) ? seal.open(value) : value]),
  )
}

/** As `openSecrets`, without those that this SECRET_KEY does not open: whoever reads asks for them again. */
export function openKnownSecrets(seal: Seal, values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      try {
        return [[name, isSealed(value) ? seal.open(value) : value]]
      } catch {
        return []
      }
    }),
  )
}
