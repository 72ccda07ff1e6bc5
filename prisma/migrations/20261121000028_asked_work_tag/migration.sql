-- AlterTable
ALTER TABLE "look" ADD COLUMN     "worker_tag" TEXT;

-- AlterTable
ALTER TABLE "probe" ADD COLUMN     "worker_tag" TEXT;
