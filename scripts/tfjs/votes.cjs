// Predicts with a graph model of TensorFlow.js, on its WebAssembly backend.
//
//   NODE_PATH=PACKAGES/node_modules node votes.cjs MODEL IMAGES SIZE VOTES
//
// MODEL is a folder that scripts/convert.py wrote; IMAGES holds packed uint8
// [n, SIZE, SIZE, 3]; VOTES becomes float32 [n, 37], little-endian. What comes
// out on standard output is TensorFlow.js's version.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const tf = require('@tensorflow/tfjs-core');
const {loadGraphModel} = require('@tensorflow/tfjs-converter');
const {setWasmPaths} = require('@tensorflow/tfjs-backend-wasm');

// In Node, TensorFlow.js reads no files by itself.
function fromFolder(folder) {
  const model = JSON.parse(fs.readFileSync(path.join(folder, 'model.json')));
  const load = async (manifest) => {
    const parts = manifest.flatMap((group) => group.paths).map((p) => fs.readFileSync(path.join(folder, p)));
    return [manifest.flatMap((group) => group.weights), new Uint8Array(Buffer.concat(parts)).buffer];
  };
  return {load: () => tf.io.getModelArtifactsForJSON(model, load)};
}

async function main([folder, images, size, votes]) {
  setWasmPaths(path.join(path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + path.sep);
  if (!await tf.setBackend('wasm')) throw new Error('the WebAssembly backend does not start');
  const model = await loadGraphModel(fromFolder(folder));
  const pixels = Int32Array.from(fs.readFileSync(images)); // int32 is what it has for uint8
  const input = tf.tensor4d(pixels, [pixels.length / (size * size * 3), +size, +size, 3], 'int32');
  const output = model.predict({images: input});
  fs.writeFileSync(votes, Buffer.from((await output.data()).buffer));
  console.log(tf.version_core);
}

main(process.argv.slice(2)).catch((error) => {
  console.error(`votes.cjs: ${error.message}`);
  process.exit(1);
});
