// Inserts tasks from Node, with pg:
//   npm install pg
//   DATABASE_URL=postgres://localhost/app node insert.js 3

const { Client } = require("pg");

async function main() {
  const count = Number(process.argv[2] ?? 1);
  const client = new Client({ connectionString: process.env.DATABASE_URL });
  await client.connect();
  try {
    for (let user = 1; user <= count; user++) {
      await client.query("SELECT fang_insert('welcome', $1)", [{ user, from: "node" }]);
    }
    for (let picture = 1; picture <= count; picture++) {
      await client.query("SELECT fang_insert('resize', $1, mode => 'blocking', priority => $2, tags => $3)", [
        { picture, from: "node" },
        "low",
        ["thumbnail"],
      ]);
    }

    const report = await client.query(
      "SELECT id, inserted FROM fang_insert_unique('report', $1, $2, unique_within => '1 day', delay => '1 hour')",
      [{}, "daily"],
    );
    const { id, inserted } = report.rows[0];
    console.log(inserted ? "inserted" : "is there already:", id);

    // What cannot be saved is refused, with a reason and a hint.
    await client.query("SELECT fang_insert('welcome', $1)", [{ type: "guest" }]).catch((error) => {
      if (error.code !== "22023") throw error;
      console.log(`refused: ${error.message}. ${error.hint}`);
    });
  } finally {
    await client.end();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
