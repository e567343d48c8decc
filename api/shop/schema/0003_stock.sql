-- Whether a product can be had now; what is sold out is not recommended. The triggers note the change as any other.
ALTER TABLE products ADD COLUMN in_stock BOOLEAN NOT NULL DEFAULT true;
