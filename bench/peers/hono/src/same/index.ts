import { routes } from "./configuration";
import { createGateway } from "./gateway";

export default createGateway(routes);
