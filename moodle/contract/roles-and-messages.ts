import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import { ask, nobody, nothing, offers, refusal, type Sites, teacherRole } from './contract-site.ts'

export function rolesAndMessages(sites: Sites): void {
  it('gives a role in a course and takes it back, repeatedly', async (t) => {
    if (!offers(t, sites.get(), 'core_role_assign_roles', 'core_role_unassign_roles')) return
    const { learners, courseId } = sites.get()
    const given = (change: Record<string, string | number> = {}) => [
      {
        roleid: teacherRole,
        userid: learners[1].id,
        contextlevel: 'course',
        instanceid: courseId,
        ...change,
      },
    ]
    for (let time = 0; time < 2; time++) {
      await ask(sites.get(), 'core_role_assign_roles', { assignments: given() }, nothing)
    }
    const wrongly: Record<string, string | number>[] = [
      { roleid: 9999 },
      { instanceid: nobody },
      { contextlevel: 'coursecat', instanceid: nobody },
    ]
    for (const wrong of wrongly) {
      assert.equal(
        await refusal(sites.get(), 'core_role_assign_roles', { assignments: given(wrong) }),
        'invalidparameter',
      )
    }
    for (let time = 0; time < 2; time++) {
      await ask(sites.get(), 'core_role_unassign_roles', { unassignments: given() }, nothing)
    }
  })

  it('sends a message, and answers -1 for someone unknown', async (t) => {
    const name = 'core_message_send_instant_messages'
    if (!offers(t, sites.get(), name)) return
    const message = (touserid: number) => ({
      messages: [{ touserid, text: 'Bonjour é', textformat: 0, clientmsgid: 'm1' }],
    })
    const sent = z.array(
      z.object({ msgid: z.int(), clientmsgid: z.string(), errormessage: z.string().optional() }),
    )
    const [good] = await ask(sites.get(), name, message(sites.get().learners[0].id), sent)
    if (good?.msgid === -1) return t.skip(`the token may not write to people: ${good.errormessage}`)
    assert.ok(good && good.msgid > 0)
    assert.equal((await ask(sites.get(), name, message(nobody), sent))[0]?.msgid, -1)
  })

  it('takes a note on a person, and answers -1 for someone unknown', async (t) => {
    const name = 'core_notes_create_notes'
    if (!offers(t, sites.get(), name)) return
    const note = (userid: number) => ({
      notes: [{ userid, publishstate: 'site', courseid: sites.get().courseId, text: 'note', format: 1 }],
    })
    const taken = z.array(z.object({ noteid: z.int() }))
    assert.ok(((await ask(sites.get(), name, note(sites.get().learners[0].id), taken))[0]?.noteid ?? 0) > 0)
    assert.equal((await ask(sites.get(), name, note(nobody), taken))[0]?.noteid, -1)
  })
}
