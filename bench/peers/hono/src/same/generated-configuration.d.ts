declare module "generated-configuration";
