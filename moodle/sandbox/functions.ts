import { z } from 'zod'
import { categoryFunctions } from './categories.ts'
import { cohortFunctions } from './cohorts.ts'
import { courseFunctions } from './courses.ts'
import { defineFunction, type SandboxFunction } from './define-function.ts'
import { enrolmentFunctions } from './enrolment.ts'
import type { Release } from './failure.ts'
import { groupFunctions } from './groups.ts'
import { messageFunctions } from './messages.ts'
import { quizFunctions, quizFunctionsFrom45 } from './quizzes.ts'
import { roleFunctions } from './roles.ts'
import { adminId, fullName, shopId, userFunctions } from './users.ts'

const builds = {
  '4.1': { release: '4.1.10 (Build: 20240422)', version: '2022112810' },
  '4.5': { release: '4.5.6 (Build: 20250811)', version: '2024100706' },
}

const siteInfo = defineFunction({
  parameters: z.strictObject({
    serviceshortnames: z.record(z.string(), z.string()).optional(),
  }),
  run({ state, caller, url }) {
    const { release, version } = builds[state.release]
    const user = state.users.get(caller === 'admin' ? adminId : shopId)
    return {
      sitename: state.sitename,
      username: user?.username ?? '',
      firstname: user?.firstname ?? '',
      lastname: user?.lastname ?? '',
      fullname: user ? fullName(user) : '',
      lang: 'en',
      userid: user?.id ?? 0,
      siteurl: url,
      userpictureurl: `${url}/theme/image.php/boost/core/1/u/f1`,
      functions: Object.keys(functionsOf(state.release)).map((name) => ({ name, version })),
      downloadfiles: 1,
      uploadfiles: 1,
      release,
      version,
      mobilecssurl: '',
      advancedfeatures: [
        { name: 'enablenotes', value: 1 },
        { name: 'messaging', value: 1 },
        { name: 'enablecompletion', value: 1 },
      ],
      usercanmanageownfiles: true,
      userquota: 104857600,
      usermaxuploadfilesize: 67108864,
      userhomepage: 1,
      siteid: 1,
      sitecalendartype: 'gregorian',
      usercalendartype: 'gregorian',
      userissiteadmin: caller === 'admin',
      theme: 'boost',
      limitconcurrentlogins: 0,
      ...(state.release === '4.5' && { policyagreed: 0 }),
    }
  },
})

const functions41: Record<string, SandboxFunction> = {
  core_webservice_get_site_info: siteInfo,
  ...userFunctions,
  ...courseFunctions,
  ...categoryFunctions,
  ...enrolmentFunctions,
  ...groupFunctions,
  ...cohortFunctions,
  ...roleFunctions,
  ...messageFunctions,
  ...quizFunctions,
}
const functions45: Record<string, SandboxFunction> = { ...functions41, ...quizFunctionsFrom45 }

/** Every web-service function that the sandbox of this release has, by its name in Moodle. */
export const functionsOf = (release: Release) => (release === '4.5' ? functions45 : functions41)

/** The function of this name, if the release has it. */
export function findFunction(release: Release, name: string): SandboxFunction | undefined {
  const functions = functionsOf(release)
  return Object.hasOwn(functions, name) ? functions[name] : undefined
}
