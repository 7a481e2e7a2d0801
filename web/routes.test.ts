import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routes } from './routes.ts'

describe('an address', () => {
  it('is built from its pattern', () => {
    assert.equal(routes.catalog(), '/')
    assert.equal(routes.entry('EXCEL-1'), '/entries/EXCEL-1')
    assert.equal(routes.order.events('2027-000123', 'abc'), '/orders/2027-000123/abc/events')
    assert.equal(routes.office.productions.show(812), '/office/productions/812')
  })

  it('holds any value without becoming another address', () => {
    assert.equal(routes.entry('../office?x#y'), '/entries/..%2Foffice%3Fx%23y')
  })

  it('belongs to one page', () => {
    const patterns = patternsOf(routes)
    assert.ok(patterns.length > 30)
    assert.deepEqual(patterns, [...new Set(patterns)])
  })
})

function patternsOf(tree: object): string[] {
  return Object.values(tree).flatMap((node: object) =>
    'pattern' in node && typeof node.pattern === 'string' ? [node.pattern] : patternsOf(node),
  )
}
