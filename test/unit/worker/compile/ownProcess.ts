/** Processes of Node's alone, with the compile cache's modules. */
import {ownProcesses} from '../../ownProcesses';

export const inOwnProcess = ownProcesses('worker');
