// All that a handler may import. Held back: how forms are read and drawn (sdk/form.ts), which the shop uses alone.
export { z } from 'zod'
export { accessActions } from './access-actions.ts'
export { checkPeriod, type Period, periodFields, periodOf, plainPeriodFields } from './access-period.ts'
export { ensureBuyerGroup } from './buyer-group.ts'
export { checkCourse, checkRole } from './check-course.ts'
export { Refused, RetryLater } from './errors.ts'
export { checkExtendable, extendProduct, takeExtensionBack } from './extend-product.ts'
export { type FieldMeta, type FormElement, formElement, type Picker } from './form-element.ts'
export {
  type Action,
  type CohortEntitlement,
  type Delivery,
  defineAction,
  defineHandler,
  type EnrolmentEntitlement,
  type Entitlement,
  type Finding,
  type FoundProduct,
  type GroupEntitlement,
  type Handler,
  type Log,
  type Product,
  type ProductChange,
  type ProductDraft,
  type RoleEntitlement,
  type ScriptContext,
  type Step,
  type Unit,
} from './handler.ts'
export { learnerFields } from './learner-fields.ts'
export { learnerList } from './learner-list.ts'
export type { Learner } from './learner-text.ts'
export {
  type Account,
  type Category,
  type Cohort,
  type Course,
  type Group,
  type Moodle,
  MoodleError,
  type MoodleErrorKind,
  type Person,
  type Role,
  type SiteInfo,
} from './moodle.ts'
export { moodleCategory, moodleCohort, moodleCourse, moodleGroup, moodleRole } from './moodle-fields.ts'
export { productReference } from './product-reference.ts'
export { checkSupport, supportEntitlements, supportFields } from './support-course.ts'
export type { Feedback, Text } from './text.ts'
