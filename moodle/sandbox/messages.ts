import { z } from 'zod'
import { defineFunction } from './define-function.ts'
import { int, list, raw } from './parameters.ts'
import { nextId } from './state.ts'
import { findUser, shopId } from './users.ts'

const sendMessages = defineFunction({
  parameters: z.strictObject({
    messages: list(
      z.strictObject({
        touserid: int,
        text: raw,
        textformat: int.optional(),
        clientmsgid: raw.optional(),
      }),
    ),
  }),
  writes: true,
  run({ state, now }, { messages }) {
    return messages.map(({ touserid, text, clientmsgid }) => {
      const client = clientmsgid === undefined ? {} : { clientmsgid }
      if (!findUser(state, touserid)) {
        return {
          msgid: -1,
          ...client,
          errormessage: `You cannot send a message to a user ID (${touserid}) that doesn't exist.`,
          candeletemessagesforallusers: false,
        }
      }
      const id = nextId(state, 'message')
      state.messages.push({ id, userId: touserid, text, at: now })
      return {
        msgid: id,
        ...client,
        text: `<p>${text}</p>`,
        timecreated: now,
        conversationid: touserid,
        useridfrom: shopId,
        candeletemessagesforallusers: false,
      }
    })
  },
})

const createNotes = defineFunction({
  parameters: z.strictObject({
    notes: list(
      z.strictObject({
        userid: int,
        publishstate: raw,
        courseid: int,
        text: raw,
        format: int.optional(),
        clientnoteid: raw.optional(),
      }),
    ),
  }),
  writes: true,
  run({ state, now }, { notes }) {
    return notes.map(({ userid, courseid, text, clientnoteid }) => {
      const client = clientnoteid === undefined ? {} : { clientnoteid }
      if (!findUser(state, userid)) {
        return { ...client, noteid: -1, errormessage: `Invalid user id: ${userid}` }
      }
      const id = nextId(state, 'note')
      state.notes.push({ id, userId: userid, courseId: courseid, text, at: now })
      return { ...client, noteid: id }
    })
  },
})

export const messageFunctions = {
  core_message_send_instant_messages: sendMessages,
  core_notes_create_notes: createNotes,
}
