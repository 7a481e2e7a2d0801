import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FormElement } from '../sdk/form-element.ts'
import { closeSecrets, openSecrets, sealWith } from './seal.ts'

const label = { en: 'x', fr: 'x' }
const elements: FormElement[] = [
  { name: 'url', type: 'url', label, required: true },
  { name: 'secret', type: 'secret', label, required: true },
]
const values = { url: 'https://platform.example', secret: 'correct horse' }

describe('the secrets of an entry', () => {
  const seal = sealWith('a'.repeat(32))

  it('are kept sealed, and read by their handler as they were typed', () => {
    const kept = closeSecrets(seal, elements, values)
    assert.equal(kept.url, values.url)
    assert.ok(!JSON.stringify(kept).includes('horse'))
    assert.deepEqual(openSecrets(seal, kept), values)
  })

  it('are sealed once, however often the entry is saved', () => {
    const kept = closeSecrets(seal, elements, values)
    assert.deepEqual(closeSecrets(seal, elements, kept), kept)
  })

  it('can’t be read with another key, and the error says what to do', () => {
    const kept = closeSecrets(seal, elements, values)
    assert.throws(() => openSecrets(sealWith('b'.repeat(32)), kept), /enter it again/)
  })
})
