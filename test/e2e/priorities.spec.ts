import { afterEach, expect, it } from 'vitest';
import { orderOfSweptRuns } from '../support/priority-practice.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
afterEach(() => product.close());

it('a free lane takes the most urgent of the runs that the sweep has rung', async () => {
  product = await startProduct({ workers: 0, schedulers: 0, sweepMs: 200 });
  expect(await orderOfSweptRuns(product)).toEqual([1, 3, 5, 7, 9]);
});
