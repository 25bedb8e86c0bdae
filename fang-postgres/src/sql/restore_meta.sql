-- Puts the only row of the bookkeeping back, after the table was emptied or restored without its data.
INSERT INTO fang_meta (version) VALUES ($1) ON CONFLICT (single) DO UPDATE SET version = greatest(fang_meta.version, $1)
