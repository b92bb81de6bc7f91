// Tasks with Fastify and postgres.js, as https://fastify.dev/docs/latest/Guides/Getting-Started/ and
// https://github.com/porsager/postgres write it: JSON schemas for what comes in and goes out, the pool of ten.

import Fastify from "fastify";
import postgres from "postgres";

const sql = postgres(process.env.DATABASE_URL);
const fastify = Fastify();

const task = {
  type: "object",
  properties: {
    id: { type: "string", format: "uuid" },
    title: { type: "string" },
    description: { type: "string", nullable: true },
    completed: { type: "boolean" },
    created_at: { type: "string", format: "date-time" },
    updated_at: { type: "string", format: "date-time" },
  },
};
const members = {
  title: { type: "string", minLength: 1, maxLength: 200 },
  description: { type: "string", nullable: true, maxLength: 50000 },
  completed: { type: "boolean" },
};
const params = { type: "object", properties: { id: { type: "string", format: "uuid" } } };
const querystring = {
  type: "object",
  properties: { limit: { type: "integer", default: 50, maximum: 200 }, q: { type: "string" } },
};
const columns = sql(["id", "title", "description", "completed", "created_at", "updated_at"]);

function found(rows) {
  if (rows.length) return rows[0];
  const error = new Error("Task not found");
  error.statusCode = 404;
  throw error;
}

fastify.get(
  "/tasks",
  { schema: { querystring, response: { 200: { type: "array", items: task } } } },
  async ({ query: { limit, q } }) => sql`
    select ${columns} from tasks ${q === undefined ? sql`` : sql`where title ilike ${`%${q}%`}`}
    order by created_at limit ${limit}`,
);

fastify.post(
  "/tasks",
  { schema: { body: { type: "object", required: ["title"], properties: members }, response: { 201: task } } },
  async ({ body: { title, description = null, completed = false } }, reply) => {
    reply.code(201);
    return found(await sql`insert into tasks ${sql({ title, description, completed })} returning ${columns}`);
  },
);

fastify.get("/tasks/:id", { schema: { params, response: { 200: task } } }, async ({ params: { id } }) =>
  found(await sql`select ${columns} from tasks where id = ${id}`),
);

fastify.patch(
  "/tasks/:id",
  { schema: { params, body: { type: "object", properties: members }, response: { 200: task } } },
  async ({ params: { id }, body }) =>
    found(await sql`
      update tasks set ${sql({ ...body, updated_at: new Date() })} where id = ${id} returning ${columns}`),
);

fastify.delete("/tasks/:id", { schema: { params } }, async ({ params: { id } }, reply) => {
  found(await sql`delete from tasks where id = ${id} returning id`);
  return reply.code(204).send();
});

await fastify.listen({ port: Number(process.env.PORT), host: "127.0.0.1" });
