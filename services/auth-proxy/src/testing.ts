/** The parts that decide on a request, for benchmarks of them alone. */
export { Assertions } from './access/assertions.ts';
export { Authenticator } from './access/authenticator.ts';
export { type HubView, openHubView } from './access/hub-view.ts';
export { type AdmissionParts, admit } from './proxy/admission.ts';
