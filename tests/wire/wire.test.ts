import { inProcess, messagePort, webSocket } from './doors.ts';
import { wireSuite } from './suite.ts';

wireSuite('in process', inProcess);
wireSuite('MessagePort', messagePort);
wireSuite('WebSocket', webSocket);
