// What node does with its host: workers, compression, cryptography, files and watching them, children, an HTTP server
// with clients, signals, WebAssembly.  Prints the same everywhere.
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');
const { execFileSync, spawn } = require('child_process');
const crypto = require('crypto');
const fs = require('fs');
const http = require('http');
const zlib = require('zlib');

function sum(seed) {
  let total = 0;
  for (let i = 0; i < 2e6; i++) total = (total * 31 + i * seed) % 1000003;
  return total;
}

async function workers() {
  const one = n => new Promise((done, fail) => {
    const worker = new Worker(__filename, { workerData: n });
    worker.on('message', done);
    worker.on('error', fail);
  });
  console.log((await Promise.all([1, 2, 3, 4].map(one))).sort());
}

function libraries() {
  const data = Buffer.from('cloister '.repeat(100000)), part = data.subarray(0, 90000);
  console.log(zlib.gunzipSync(zlib.gzipSync(data)).equals(data));
  console.log(zlib.brotliDecompressSync(zlib.brotliCompressSync(part)).length);
  console.log(crypto.createHash('sha256').update(data).digest('hex'));
  console.log(crypto.scryptSync('password', 'salt', 16).toString('hex'));
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  console.log(crypto.verify(null, data, publicKey, crypto.sign(null, data, privateKey)));
  console.log(WebAssembly.validate(Buffer.from([0, 97, 115, 109, 1, 0, 0, 0])));
}

async function files() {
  fs.mkdirSync('tree/a/b', { recursive: true });
  for (let i = 0; i < 50; i++) fs.writeFileSync(`tree/a/f${i}`, 'x'.repeat(i));
  console.log(fs.readdirSync('tree/a').length, fs.statSync('tree/a/f49').size);
  await Promise.all(Array.from({ length: 50 }, (_, i) => fs.promises.appendFile('tree/a/b/log', `${i}\n`)));
  console.log((await fs.promises.readFile('tree/a/b/log', 'utf8')).split('\n').length);
  const seen = new Promise(done => {
    const watcher = fs.watch('tree', (event, name) => { watcher.close(); done(name); });
  });
  fs.writeFileSync('tree/watched', '1');
  console.log(await seen);
  fs.rmSync('tree', { recursive: true });
}

async function children() {
  console.log(execFileSync('sort', { input: 'b\na\n' }).toString());
  const child = spawn('sh', ['-c', 'cat; exit 3'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end('through');
  child.stdout.on('data', data => console.log(data.toString()));
  console.log(await new Promise(done => child.on('close', done)));
  const signalled = new Promise(done => process.on('SIGUSR2', done));
  process.kill(process.pid, 'SIGUSR2');
  console.log(await signalled);
}

async function server() {
  const server = http.createServer((request, response) => {
    let bytes = 0;
    request.on('data', data => { bytes += data.length; });
    request.on('end', () => response.end(`${request.method} ${request.url} ${bytes}`));
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const call = i => new Promise((done, fail) => {
    const to = { host: '127.0.0.1', port: server.address().port, path: `/${i}`, method: 'POST' };
    const request = http.request(to, response => {
      let text = '';
      response.on('data', data => { text += data; });
      response.on('end', () => done(text));
    });
    request.on('error', fail);
    request.end(Buffer.alloc(i * 1000));
  });
  console.log(await Promise.all(Array.from({ length: 20 }, (_, i) => call(i))));
  server.close();
}

async function main() {
  await workers();
  libraries();
  await files();
  await children();
  await server();
  process.exitCode = 5;
}

if (isMainThread) main();
else parentPort.postMessage([workerData, sum(workerData)]);
