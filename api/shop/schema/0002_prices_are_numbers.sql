-- NaN is a NUMERIC too, and not less than 0. NOT VALID: a row that is there already does not stop the migration; it must
-- be mended when it is next changed.
ALTER TABLE products ADD CONSTRAINT products_price_is_a_number CHECK (price <> 'NaN') NOT VALID;
