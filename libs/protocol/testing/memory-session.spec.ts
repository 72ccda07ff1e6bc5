import type { Capabilities } from '../src/index.ts';
import { describeSessionConformance, MemoryFiles, MemorySession } from './index.ts';

const CAPABILITIES: Capabilities = {
  renameNoReplace: true,
  hashes: ['sha256'],
  resume: true,
  local: true,
  convertsText: false,
  strongestAssurance: 'hash_by_server',
};

describeSessionConformance('a disk in memory', async () => {
  const files = new MemoryFiles();
  files.makeDirectory('/root');
  const endpoint = { name: 'memory', files, capabilities: CAPABILITIES, chunkBytes: 65_536 };
  return {
    root: '/root',
    open: async () => new MemorySession(endpoint, 'session'),
    peek: async (path) => files.get(path)?.bytes,
    plant: async (path, bytes) => void files.place(path, bytes, 'outside'),
    cleanup: async () => {},
  };
});
